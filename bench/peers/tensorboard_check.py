"""Reads with TensorBoard the run that FormatSamples wrote.

Usage: python bench/peers/tensorboard_check.py FOLDER/events
Needs: tensorboard 2.21.
"""

import sys

import numpy as np
from tensorboard.backend.event_processing import event_accumulator, plugin_event_accumulator
from tensorboard.util import tensor_util

unlimited = {"scalars": 0, "histograms": 0, "tensors": 0}
expected = [1 / (step + 1) for step in range(6)] + [106.0, 107.0]

events = event_accumulator.EventAccumulator(sys.argv[1], size_guidance=unlimited).Reload()
scalars = events.Scalars("train/loss")
assert [e.step for e in scalars] == list(range(8)), [e.step for e in scalars]
np.testing.assert_allclose([e.value for e in scalars], expected, rtol=1e-6)
histograms = events.Histograms("weights/fc")
assert [e.step for e in histograms] == list(range(6)), "steps after the resume must be gone"
values = np.linspace(-1, 1, 1001)
for event in histograms:
    h = event.histogram_value
    assert (h.num, h.min, h.max) == (1001, -1, 1)
    np.testing.assert_allclose([h.sum, h.sum_squares], [0, (values**2).sum()], atol=1e-3)
    edges = [-np.inf, *h.bucket_limit]
    actual = [((values >= a) & (values < b)).sum() for a, b in zip(edges, edges[1:])]
    assert abs(np.array(actual) - np.array(h.bucket)).max() <= 1, "float32 rounding at most"
assert events.Tags()["tensors"] == ["recipe"], events.Tags()

# What TensorBoard's own process uses: old-style values are converted to tensors first.
events = plugin_event_accumulator.EventAccumulator(sys.argv[1], tensor_size_guidance=unlimited).Reload()
loss = [tensor_util.make_ndarray(e.tensor_proto).item() for e in events.Tensors("train/loss")]
print("loss after the resume:", loss)
assert events.SummaryMetadata("train/loss").plugin_data.plugin_name == "scalars"
assert events.SummaryMetadata("weights/fc").plugin_data.plugin_name == "histograms"
assert events.SummaryMetadata("recipe").plugin_data.plugin_name == "text"
buckets = tensor_util.make_ndarray(events.Tensors("weights/fc")[0].tensor_proto)
assert buckets[:, 2].sum() == 1001
text = tensor_util.make_ndarray(events.Tensors("recipe")[0].tensor_proto)
assert text.tolist() == [b"optimizer: *adamp*"]
print("scalars, histograms, text and the resume are as TensorBoard expects")
