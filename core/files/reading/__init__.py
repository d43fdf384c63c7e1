"""What was sent to be kept, looked at in a bare process with limits of memory and time.

The modules of this package import nothing of Amagara: `worker.py` runs alone and can be killed. What it says goes to
the web as message ids, which are translated there.
"""
