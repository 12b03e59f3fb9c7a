import os

x = f"a"
