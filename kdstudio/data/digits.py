"""scikit-learn's handwritten digits (UCI "Optical Recognition of Handwritten Digits", the 1,797 test images)."""

import numpy as np

from kdstudio.data.source import Source, read
from kdstudio.spec import Digits


@read.register
def _(spec: Digits) -> Source:
    from sklearn.datasets import load_digits

    raw = load_digits()
    images = np.rint(raw.images * (255 / 16)).astype(np.uint8)[:, None]
    return Source(images=images, labels=raw.target.astype(np.int64), classes=tuple(str(digit) for digit in range(10)))
