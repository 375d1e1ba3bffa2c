# Reads lines of a pattern and a text in base64; writes whether the text matches, or why the pattern cannot be read.
import base64, re, sys

for line in sys.stdin:
    pattern, text = (base64.b64decode(part).decode() for part in line.rstrip("\n").split("\t"))
    try:
        print("true" if re.search(pattern, text) else "false")
    except re.error as error:
        print(error)
