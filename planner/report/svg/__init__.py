"""The report's pictures as SVG, drawn without a browser from the same data as the dashboard's charts."""
