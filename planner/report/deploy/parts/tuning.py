"""A job for each tuned model of the plan: what is trained on what, how often, and when the result is good enough."""

from planner.beliefs.cost.tuning_jobs import tuning_jobs
from planner.report.deploy.parts.format import LoraSettings, TuningJob
from planner.report.deploy.texts import one_line
from planner.report.deploy.toolbox import Route, Tool, Toolbox
from planner.units import TOKENS_PER_MTOK


def tuning_of(box: Toolbox) -> tuple[tuple[TuningJob, ...], tuple[str, ...]]:
    """Jobs of the plan's tuned tools, and what has to be said."""
    jobs, told = [], []
    for route in box.routes:
        if route.first is not None and route.first.tuned_for:
            job = _job(box, route, route.first)
            jobs.append(job)
            if job.expected_job_usd is None:
                told.append(f"{one_line(route.name)}: the catalog knows no price of a tuning job for its model.")
    return tuple(jobs), tuple(told)


def _job(box: Toolbox, route: Route, tool: Tool) -> TuningJob:
    segment, epochs = route.segment, round(box.catalog.priors["fine_tune.epochs"].a)
    example = segment.input_tokens.mean + segment.output_tokens.mean
    own = tool.pool is not None
    known = [
        job
        for job in tuning_jobs(box.catalog, box.catalog.models[tool.model], segment, box.workload.assumptions)
        if (job.gpu_hours is not None) == own
    ]
    usd = round(float(known[0].job_usd.mean()), 2) if known else None
    floor = route.plan.floor_text
    return TuningJob(
        segment=route.name,
        base_model=tool.model,
        served_as=tool.id,
        where=tool.place,
        method="LoRA" if own else "provider",
        lora=LoraSettings() if own else None,
        labelled_examples=segment.training.labelled_examples,
        epochs=epochs,
        training_tokens=float(f"{segment.training.labelled_examples * example * epochs / TOKENS_PER_MTOK:.6g}") * 1e6,
        retrain_per_year=segment.training.retrain_per_year,
        training_file=f"data/{route.id}.train.jsonl",
        validation_file=f"data/{route.id}.validation.jsonl",
        accept_when=f"answers of the validation file are acceptable in a share of {floor}",
        expected_job_usd=usd,
    )
