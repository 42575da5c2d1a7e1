"""A dataset spec becomes batches on a device. Knows no Qt. Importing a kind's file registers its reader."""

from kdstudio.data import digits, idx, image_folder
from kdstudio.data.images import Images, Part, load

__all__ = ["Images", "Part", "digits", "idx", "image_folder", "load"]
