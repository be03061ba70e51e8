"""The same traffic on the planned toolbox: a log and a plan come in; bill, times and tiers by hour go out."""
