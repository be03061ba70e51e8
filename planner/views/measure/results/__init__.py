"""What a run found: findings, pairs, speed, single answers, blind labelling."""
