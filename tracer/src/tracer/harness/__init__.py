"""The program in the sandbox: PID 1 forks a child per request, which runs under the tracer."""
