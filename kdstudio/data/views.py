"""Random views of a batch of images, on the device, in one resampling."""

import torch
import torch.nn.functional as F
from torch import Tensor

from kdstudio.spec import Views


def random_views(pixels: Tensor, views: Views, generator: torch.Generator) -> Tensor:
    """`pixels`, float32 [b, c, h, w], each shifted, mirrored and cropped at random; what lies outside is 0.

    A whole-pixel shift alone moves pixels without blending them.
    """
    count, _, height, width = pixels.shape
    device = pixels.device
    draw = torch.rand(count, 6, generator=generator, device=device)
    scale = views.crop + (1.0 - views.crop) * draw[:, 0]
    mirror = torch.where(draw[:, 1] < 0.5, -1.0, 1.0) if views.flip else torch.ones(count, device=device)
    span = 2 * views.shift + 1
    right, down = (torch.floor(draw[:, place] * span) - views.shift for place in (2, 3))
    theta = torch.zeros(count, 2, 3, device=device)
    theta[:, 0, 0] = scale * mirror
    theta[:, 1, 1] = scale
    theta[:, 0, 2] = (1.0 - scale) * (2.0 * draw[:, 4] - 1.0) - 2.0 * right / width
    theta[:, 1, 2] = (1.0 - scale) * (2.0 * draw[:, 5] - 1.0) - 2.0 * down / height
    grid = F.affine_grid(theta, list(pixels.shape), align_corners=False)
    # Up to the border a crop goes on with the border's pixels: blended with the black outside, its edge would darken.
    views_of = F.grid_sample(pixels, grid, mode="bilinear", padding_mode="border", align_corners=False)
    return views_of.masked_fill_((grid.abs() > 1.0).any(dim=-1)[:, None], 0.0)
