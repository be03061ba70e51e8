"""The wall to the outside: our request out, timed bytes in, failures in our kinds. Only here is litellm known.

In: a question and a target. Out: an answer or a failure, timed where bytes arrive. May not know: runs, caps, graders.
"""
