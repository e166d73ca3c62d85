"""Blocks that go along a sequence: PyTorch's recurrent layers and CTC, random fields by trying every sequence of tags."""

from itertools import product

import torch
import torch.nn.functional as F
from torch import nn
from torch.func import functional_call
from blocks import conv, linear
from values import HOLES, KEPT_ROWS, PREFIX, case, floats, indices, kept_tokens, row_alone, whole_batch

X = "x: float[B, T, D]"
TAGGED = "x: float[B, T, K], tags: index(K)[B, T]"
LABELLED = "x: float[B, T, V + 1], labels: index(V)[B, U]"
LABEL_PLACES = [[1, 1, 0], [1, 0, 0], [1, 1, 1]]
FRAMES = [[1, 1, 1, 1, 1, 0], [1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 0, 0]]


def recurrent(name, gates, module, reverse=False):
    """nn.GRU or nn.LSTM with our weights, which are theirs transposed."""

    def run(w, x):
        d, width = x.shape[-1], 3
        made = module(d, width, batch_first=True, dtype=torch.float64)
        mapped = {
            "weight_ih_l0": w(f"{name}.input", d, gates * width).T,
            "bias_ih_l0": w(f"{name}.input_bias", gates * width),
            "weight_hh_l0": w(f"{name}.hidden", width, gates * width).T,
            "bias_hh_l0": w(f"{name}.hidden_bias", gates * width),
        }
        out = functional_call(made, mapped, (x.flip(1) if reverse else x,))[0]
        return out.flip(1) if reverse else out

    return run


def gru_step(_, h, a, b):
    """nn.GRUCell on what its two linear layers would give."""
    width = h.shape[-1]
    cell = nn.GRUCell(3 * width, width, dtype=torch.float64)
    mapped = {"weight_ih": torch.eye(3 * width, dtype=torch.float64), "bias_ih": torch.zeros(3 * width, dtype=torch.float64)}
    eye = torch.zeros(3 * width, width, dtype=torch.float64)
    # The state's own layer is a constant: zero weights, and its result as the bias, row by row.
    rows = [functional_call(cell, {**mapped, "weight_hh": eye, "bias_hh": b[i]}, (a[i : i + 1], h[i : i + 1])) for i in range(len(h))]
    return torch.cat(rows)


def lstm_step(_, gates, memory):
    width = memory.shape[-1]
    cell = nn.LSTMCell(4 * width, width, dtype=torch.float64)
    zeros = torch.zeros(4 * width, dtype=torch.float64)
    mapped = {"weight_ih": torch.eye(4 * width, dtype=torch.float64), "bias_ih": zeros, "weight_hh": torch.zeros(4 * width, width, dtype=torch.float64), "bias_hh": zeros}
    state, _ = functional_call(cell, mapped, (gates, (torch.zeros_like(memory), memory)))
    return state


def rules(w, k):
    return w("transitions.move", k, k), w("transitions.start", k), w("transitions.end", k)


def path_score(x, tags, move, start, end):
    """Of one sequence of tags for the rows of x[T, K]."""
    total = start[tags[0]] + end[tags[-1]]
    for t, tag in enumerate(tags):
        total = total + x[t, tag] + (move[tags[t - 1], tag] if t > 0 else 0)
    return total


def all_paths(w, x):
    """Every sequence of tags and its score, for each row."""
    k = x.shape[-1]
    paths = list(product(range(k), repeat=x.shape[1]))
    return paths, torch.stack([torch.stack([path_score(row, p, *rules(w, k)) for p in paths]) for row in x])


def log_partition(w, x):
    return all_paths(w, x)[1].logsumexp(-1)


def score(w, x, tags):
    return torch.stack([path_score(row, t.tolist(), *rules(w, x.shape[-1])) for row, t in zip(x, tags)])


def viterbi(w, x):
    paths, scores = all_paths(w, x)
    return torch.tensor(paths)[scores.argmax(-1)]


def crf_rows(w, inputs, tensors):
    """The mean over the real rows, each with its kept places alone."""
    losses = []
    for row in [r for r, real in enumerate(KEPT_ROWS) if real]:
        kept = torch.tensor(inputs["x"]["places"][row]).bool()
        x, tags = tensors["x"][row][kept][None], tensors["tags"][row][kept][None]
        losses.append((log_partition(w, x) - score(w, x, tags))[0])
    return torch.stack(losses).mean()


def ctc(reduction):
    """F.ctc_loss with the blank last; the mean is over sequences that fit, each by its number of labels."""

    def run(_, x, labels, frames=None, lengths=None):
        n, t, v = x.shape
        frames = torch.full((n,), t) if frames is None else frames
        lengths = torch.full((n,), labels.shape[1]) if lengths is None else lengths
        chances = x.log_softmax(-1).transpose(0, 1)
        losses = lambda zero: F.ctc_loss(chances, labels, frames, lengths, v - 1, "none", zero_infinity=zero)
        fits = losses(False).isfinite()
        return losses(True) if reduction == "none" else (losses(True) / lengths.clamp(min=1))[fits].mean()

    return run


def ctc_rows(reduction):
    def route(w, inputs, tensors):
        real = torch.tensor(KEPT_ROWS).bool()
        frames, lengths = (torch.tensor(inputs[name]["places"])[real].sum(1) for name in ("x", "labels"))
        return ctc(reduction)(w, tensors["x"][real], tensors["labels"][real], frames, lengths)

    return whole_batch(route)



def greedy(x, keep):
    """The best path of each row, and where it is a label that its kept frame before was not."""
    best = x.argmax(-1)
    begins = torch.zeros(best.shape, dtype=torch.bool)
    for row, places in enumerate(keep):
        before = None
        for t in [t for t, real in enumerate(places.tolist()) if real]:
            begins[row, t] = best[row, t] != x.shape[-1] - 1 and best[row, t] != before
            before = best[row, t]
    return x[..., :-1].argmax(-1), begins


def greedy_whole(_, inputs, tensors):
    return greedy(tensors["x"], torch.ones(tensors["x"].shape[:2], dtype=torch.bool))


def greedy_padded(_, inputs, tensors):
    return greedy(tensors["x"], kept_tokens(inputs))


def subsample(w, x):
    x = F.relu(conv(w, x[..., None], "subsample.conv1", 2, 3, 2, 1))
    x = F.relu(conv(w, x, "subsample.conv2", 2, 3, 2, 1))
    return linear(w, x.flatten(2), "subsample.linear", 3)


def subsample_padded(w, inputs, tensors):
    """Rows of zeros where nothing is kept; a frame is kept where the middle of its window is."""
    keep = kept_tokens(inputs)
    half = lambda x, path: F.relu(conv(w, x, path, 2, 3, 2, 1))
    first = keep[:, ::2]
    x = half((tensors["x"] * keep[..., None])[..., None], "subsample.conv1")
    x = half(x * first[..., None, None], "subsample.conv2")
    out = linear(w, x.flatten(2), "subsample.linear", 3)
    return out, first[:, ::2, None].expand_as(out)


def cases():
    g, l = recurrent("gru", 3, nn.GRU), recurrent("lstm", 4, nn.LSTM)
    back_g, back_l = recurrent("gru", 3, nn.GRU, True), recurrent("lstm", 4, nn.LSTM, True)
    sequence = {"x": floats(3, 4, 3)}
    padded = lambda places: {"x": floats(3, 4, 3, places=places)}
    tagged = lambda **k: {"x": floats(3, 4, 3, **k), "tags": indices(3, 4, of=3, **k)}
    alike = case("crf_score(x, tags, transitions(tags: K))", TAGGED, tagged(), score)
    negative = lambda w, x, labels: -ctc("none")(w, x, labels)
    labelled = lambda t: {"x": floats(3, t, 4), "labels": indices(3, 3, of=3)}
    spoken = {"x": floats(3, 6, 4, places=FRAMES), "labels": indices(3, 3, of=3, places=LABEL_PLACES)}
    crowded = {
        "x": floats(3, 2, 4, places=[[1, 1]] * 3),
        "labels": indices(3, 3, of=3, places=[[1, 0, 0], [1, 1, 1], [1, 1, 0]]),
    }
    recurrents = lambda name, run, back: [
        case(f"{name}(x, width: 3)", X, {"x": floats(3, 4, 2)}, run),
        case(f"{name}(x, width: 3)", X, {"x": floats(3, 4, 2, places=PREFIX)}, None, [row_alone(True, run)]),
        case(f"{name}(x, width: 3)", X, {"x": floats(3, 4, 2, places=HOLES)}, None, [row_alone(True, run)]),
        case(f"{name}(x, width: 3, reverse: true)", X, {"x": floats(3, 4, 2)}, back),
        case(f"{name}(x, width: 3, reverse: true)", X, {"x": floats(3, 4, 2, places=PREFIX)}, None, [row_alone(True, back)]),
    ]
    return {
        "gru": recurrents("gru", g, back_g),
        "gru_step": [
            case(
                "gru_step(h, a, b)",
                "h: float[B, W], a: float[B, 3 * W], b: float[B, 3 * W]",
                {"h": floats(3, 2), "a": floats(3, 6), "b": floats(3, 6)},
                gru_step,
            )
        ],
        "lstm": recurrents("lstm", l, back_l),
        "lstm_step": [
            case(
                "lstm_step(gates, memory).state",
                "gates: float[B, 4 * W], memory: float[B, W]",
                {"gates": floats(3, 8), "memory": floats(3, 2)},
                lstm_step,
            )
        ],
        "transitions": [
            case("crf_log_partition(x, transitions(tags: K))", "x: float[B, T, K]", {"x": floats(3, 2, 4)}, log_partition)
        ],
        "crf_log_partition": [
            case("crf_log_partition(x, transitions(tags: K))", "x: float[B, T, K]", sequence, log_partition),
            *[
                case(
                    "crf_log_partition(x, transitions(tags: K))",
                    "x: float[B, T, K]",
                    padded(places),
                    None,
                    [row_alone(False, log_partition)],
                )
                for places in (PREFIX, HOLES)
            ],
        ],
        "crf_score": [
            alike,
            case(alike["returns"], TAGGED, tagged(places=HOLES), None, [row_alone(False, score)]),
        ],
        "crf": [
            case(
                "crf(x, tags, transitions(tags: K))",
                TAGGED,
                tagged(),
                lambda w, x, tags: (log_partition(w, x) - score(w, x, tags)).mean(),
            ),
            case("crf(x, tags, transitions(tags: K))", TAGGED, tagged(places=PREFIX), None, [whole_batch(crf_rows)]),
        ],
        "viterbi": [
            case("viterbi(x, transitions(tags: K))", "x: float[B, T, K]", sequence, viterbi),
            *[
                case("viterbi(x, transitions(tags: K))", "x: float[B, T, K]", padded(places), None, [row_alone(True, viterbi)])
                for places in (PREFIX, HOLES)
            ],
        ],
        "ctc_log_likelihood": [case("ctc_log_likelihood(x, labels)", LABELLED, labelled(7), negative)],
        "ctc_greedy": [
            case("ctc_greedy(x)", "x: float[B, T, D]", {"x": floats(3, 9, 3)}, None, [greedy_whole]),
            case("ctc_greedy(x)", "x: float[B, T, D]", {"x": floats(3, 4, 3, places=HOLES)}, None, [greedy_padded]),
        ],
        "subsample": [
            case("subsample(x, width: 3, channels: 2)", "x: float[B, T, D]", {"x": floats(2, 7, 5)}, subsample),
            case(
                "subsample(x, width: 3, channels: 2)",
                "x: float[B, T, D]",
                {"x": floats(3, 6, 4, places=FRAMES)},
                None,
                [subsample_padded],
            ),
        ],
        "ctc": [
            case("ctc(x, labels)", LABELLED, labelled(7), ctc("mean")),
            # Three frames hold three labels only where no neighbours are equal.
            case("ctc(x, labels)", LABELLED, labelled(3), ctc("mean")),
            case("ctc(x, labels)", LABELLED, spoken, None, [ctc_rows("mean")]),
            # Of two real rows one has more labels than frames.
            case("ctc(x, labels)", LABELLED, crowded, None, [ctc_rows("mean")]),
        ],
    }
