"""What it costs when transactions concern several shards.

parts      what is measured: shares across shards, calls that conflict, hot spots
measuring  one part on a fresh cluster, run after run
tables     a part for the terminal
plots      a part as a picture
command    the command line
"""
