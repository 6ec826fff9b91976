"""What libraries tell their makers of whoever runs them, and how they are kept from it in this process.

Nothing of the person's is touched: no consent file, no setting of another program.
"""

import os
import sys


def forbid_telemetry() -> None:
    """Must come before the libraries are imported, and so is the first thing that importing greenscreen does.

    `import openvino` sends an event to Google Analytics through `openvino_telemetry`, unless that does not load; then
    it goes on without. ONNX Runtime sends what it runs, how long, and a number of this machine's to Microsoft, unless
    its environment says no by the time that it is loaded.
    """
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]  # What imports it meets an ImportError.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
