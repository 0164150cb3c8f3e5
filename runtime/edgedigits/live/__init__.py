"""The live reader: newest frame in, steady reading out.

sources, cameras   what frames come from: cameras, recordings, folders, streams
capture            the newest frame always, or every frame in order; reconnects
tracking           which digit of this frame is which of the last one, and what all frames say it is
stabilizing        when what the tracks say has settled into a reading
reader             all of it in one object: LiveReader
"""
