"""What a log says: count tables and sums by the engine come in, a profile, its bill and a workload go out."""
