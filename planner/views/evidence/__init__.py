"""The Evidence page: back-tests beside the simple ways, and what the models cannot know."""
