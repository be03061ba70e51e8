"""Running a model's code without trusting it: in come an answer and its tests, out comes a verdict.

Two processes are shut in, each in namespaces of its own with an empty root, a read-only interpreter, a list of allowed
system calls and limits of time, memory, disk and processes. One runs the answer, the other runs the tests, and only
plain values pass between them: the answer never sees what it is compared with, and cannot say that it passed. `shell`
builds the ways to shut a process in, `lock` closes the last doors from inside, `run` starts the pair and reads the
verdict. The modules below `child` run inside: they import the standard library and one another, nothing else of us.
"""
