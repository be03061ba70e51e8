"""Evidence: why should I believe this?"""

from planner.session import current_session
from planner.views.evidence import backtests as evidence
from planner.views.evidence import techniques, times

session = current_session()
tested = evidence.kept_back_tests()
evidence.draw_answer(tested)
evidence.draw_errors(tested)
evidence.draw_standings(tested)
evidence.draw_coverage(tested)
evidence.draw_table(tested)
techniques.draw_techniques()
times.draw_times()
evidence.draw_cascades()
evidence.draw_limits(session)
