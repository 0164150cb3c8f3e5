"""Views for training the page reader: parts of generated pages whose truth is known.

A digit that is to be read has a name 0..9 and is not ignored; those of seven segments are digits, too. Struck-out
digits are the sign "struck", numerals of other scripts and digits that lie on their side are "other"; digits on
clocks' faces are ignored.
"""

from edgedigits_data.synthetic.views.make import KINDS, make_page, make_view
from edgedigits_data.synthetic.views.names import CLASSES, SIGNS
from edgedigits_data.synthetic.views.sources import Sources, load_sources
from edgedigits_data.synthetic.views.view import Page, View

__all__ = ["CLASSES", "KINDS", "SIGNS", "Page", "Sources", "View", "load_sources", "make_page", "make_view"]
