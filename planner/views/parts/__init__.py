"""What several pages draw with: figures, tables, pictures, downloads, choices, the frame around a page."""
