import os
import sys
import json
from typing import List, Optional


def größe(x):
    s = "𝒂ö"; t = "plain"
    if x == None:
        return  x not in [1]
    return f"none" + s + t


def other(items: List[int] | None):
    try:
        return sys.argv
    except ValueError:
        pass
