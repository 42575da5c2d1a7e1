"""A model spec becomes a module, with its parameters and cost. Knows no Qt. Importing a family's file registers it."""

from kdstudio.models import cnn, mlp
from kdstudio.models.build import Shape, build, built
from kdstudio.models.cost import Cost, cost
from kdstudio.models.weights import put_weights, read_weights

__all__ = ["Cost", "Shape", "build", "built", "cnn", "cost", "mlp", "put_weights", "read_weights"]
