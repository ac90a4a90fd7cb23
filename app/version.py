"""Which Thirdring this is."""

from importlib.metadata import version

VERSION = version("thirdring")
