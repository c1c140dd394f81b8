"""The program in the sandbox: PID 1 forks one child per request, and the child runs it under the tracer."""
