"""Label: answers judged by people who don't see which model gave them."""

from planner.session import current_session
from planner.views.measure.results import label

label.draw_labelling(current_session())
