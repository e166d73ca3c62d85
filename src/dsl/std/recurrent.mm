// Recurrent layers, with the gates and the starts of PyTorch's. A layer's state at the last real position is `last(…)`.

/// A layer of gated recurrent units (arXiv:1406.1078, as cuDNN and PyTorch have it): the state at
/// every position, from the first on or, with `reverse`, from the last. Starts at zero.
block gru(x: float[N..., T, D], width: int, reverse: bool = false) -> float[N..., T, width] {
  param input: float[D, 3 * width] = uniform(-1 / sqrt(width), 1 / sqrt(width))
  param input_bias: float[3 * width] = uniform(-1 / sqrt(width), 1 / sqrt(width))
  param hidden: float[width, 3 * width] = uniform(-1 / sqrt(width), 1 / sqrt(width))
  param hidden_bias: float[3 * width] = uniform(-1 / sqrt(width), 1 / sqrt(width))
  let read = x @ input + input_bias
  let h = expand(0, [N, width])
  if reverse {
    scan step in read reverse {
      h = gru_step(h, step, h @ hidden + hidden_bias)
      collect states = h
    }
    return states
  }
  scan step in read {
    h = gru_step(h, step, h @ hidden + hidden_bias)
    collect states = h
  }
  return states
}

/// One step of a gated recurrent unit: r = σ(aᵣ + bᵣ), z = σ(a_z + b_z), n = tanh(aₙ + r · bₙ),
/// h′ = (1 − z) · n + z · h, where a is read from the input and b from the state.
block gru_step(h: float[N..., W], a: float[N..., 3 * W], b: float[N..., 3 * W]) -> float[N..., W] {
  let gates = sigmoid(a[..., :2 * W] + b[..., :2 * W])
  let update = gates[..., W:]
  let fresh = tanh(a[..., 2 * W:] + gates[..., :W] * b[..., 2 * W:])
  return (1 - update) * fresh + update * h
}

/// A layer of long short-term memory (Hochreiter and Schmidhuber, 1997, with the forget gate of
/// Gers et al., as PyTorch has it): the output at every position, from the first on or, with
/// `reverse`, from the last. State and memory start at zero.
block lstm(x: float[N..., T, D], width: int, reverse: bool = false) -> float[N..., T, width] {
  param input: float[D, 4 * width] = uniform(-1 / sqrt(width), 1 / sqrt(width))
  param input_bias: float[4 * width] = uniform(-1 / sqrt(width), 1 / sqrt(width))
  param hidden: float[width, 4 * width] = uniform(-1 / sqrt(width), 1 / sqrt(width))
  param hidden_bias: float[4 * width] = uniform(-1 / sqrt(width), 1 / sqrt(width))
  let read = x @ input + input_bias + hidden_bias
  let at = { state: expand(0, [N, width]), memory: expand(0, [N, width]) }
  if reverse {
    scan step in read reverse {
      at = lstm_step(step + at.state @ hidden, at.memory)
      collect states = at.state
    }
    return states
  }
  scan step in read {
    at = lstm_step(step + at.state @ hidden, at.memory)
    collect states = at.state
  }
  return states
}

/// One step of long short-term memory: c′ = σ(f) · c + σ(i) · tanh(g), h′ = σ(o) · tanh(c′), the
/// gates in the order i, f, g, o.
block lstm_step(
  gates: float[N..., 4 * W],
  memory: float[N..., W],
) -> { state: float[N..., W], memory: float[N..., W] } {
  let doors = sigmoid(gates[..., :2 * W])
  let next = doors[..., W:] * memory + doors[..., :W] * tanh(gates[..., 2 * W:3 * W])
  return { state: sigmoid(gates[..., 3 * W:]) * tanh(next), memory: next }
}
