"""What the pages draw with Streamlit: one file a subject; no arithmetic that a plan rests on."""
