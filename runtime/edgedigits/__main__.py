"""`python -m edgedigits` is the command line, where the apps are installed."""

import runpy
import sys
from importlib.util import find_spec

if find_spec("edgedigits_apps") is None:
    sys.exit("the command line is not installed here; pip install edgedigits brings it")
runpy.run_module("edgedigits_apps", run_name="__main__")
