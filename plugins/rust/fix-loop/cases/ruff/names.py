import os, sys
import json
from typing import List, Optional


def größe(x):
    s = "𝒂ö"; t = f"plain"
    if x == None:
        return  not x in [1]
    return f"none" + s + t


def other(items: Optional[List[int]]):
    try:
        return sys.argv
    except ValueError as error:
        pass
