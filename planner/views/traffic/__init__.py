"""The Traffic page: which log, what it says, the same requests on the plan, accept it as the workload."""
