"""The Workload page: gallery, form, anchors, assumptions, samples."""
