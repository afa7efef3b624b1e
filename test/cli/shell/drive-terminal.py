"""Drives a command on a terminal of its own: drive-terminal.py STEPS COMMAND..., STEPS being JSON.

Each step waits for a text in the output that follows the last one found, and then types: [["wait for", "type"], ...].
Prints JSON: what the terminal showed, the exit code, and the text that never came (null).
"""
import fcntl
import json
import os
import pty
import select
import struct
import sys
import termios
import time

steps, command = json.loads(sys.argv[1]), sys.argv[2:]
child, terminal = pty.fork()
if child == 0:
    os.execv(command[0], command)
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
shown, searched, missing = "", 0, None
deadline = time.monotonic() + 500


def read():
    """More of what the terminal shows; False when the command is gone."""
    global shown
    ready, _, _ = select.select([terminal], [], [], max(0, deadline - time.monotonic()))
    try:
        data = os.read(terminal, 65536) if ready else b""
    except OSError:
        data = b""
    shown += data.decode(errors="replace")
    return data != b""


for text, keys in steps:
    while missing is None and (found := shown.find(text, searched)) < 0:
        if not read():
            missing = text
    if missing is not None:
        break
    searched = found + len(text)
    os.write(terminal, keys.encode())
while missing is None and read():
    pass
if missing is not None:
    os.kill(child, 9)
_, status = os.waitpid(child, 0)
print(json.dumps({"shown": shown, "code": os.waitstatus_to_exitcode(status), "missing": missing}))
