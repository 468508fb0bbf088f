"""Runs a command on a terminal of its own of WIDTH columns and prints all that it wrote there, then its exit status.

usage: terminal.py WIDTH COMMAND...
"""
import fcntl
import os
import pty
import struct
import sys
import termios

width, command = int(sys.argv[1]), sys.argv[2:]
pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    os.execvp(command[0], command)
while True:
    try:
        seen = os.read(terminal, 65536)
    except OSError:
        break
    if not seen:
        break
    sys.stdout.buffer.write(seen)
_, status = os.waitpid(pid, 0)
sys.exit(os.waitstatus_to_exitcode(status))
