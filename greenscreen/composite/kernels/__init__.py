"""The compositor's loops, compiled. They equal what `composite` does in NumPy and OpenCV, which stands in until these
are ready.
"""
