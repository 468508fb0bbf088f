"""Runs a command on a terminal of its own, closes the terminal when a marker was printed, and prints the command's end.

usage: closing-terminal.py MARKER COMMAND...
"""
import os
import pty
import sys

marker, command = sys.argv[1].encode(), sys.argv[2:]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
seen = b""
while marker not in seen:
    seen += os.read(terminal, 65536)
os.close(terminal)
_, status = os.waitpid(pid, 0)
if os.WIFSIGNALED(status):
    print("signal", os.WTERMSIG(status))
else:
    print("status", os.WEXITSTATUS(status))
