/// A picture cut into squares of `size` × `size`, each laid out as one vector, in reading order
/// (arXiv:2010.11929).
block patches(
  x: float[N..., H, W, C],
  size: int,
) -> float[N..., (H / size) * (W / size), size * size * C] {
  require H % size == 0
  require W % size == 0
  return rearrange(x, "n (h p) (w q) c -> n (h w) (p q c)", p: size, q: size)
}

/// A two-dimensional convolution with its own weights: the last axis counts channels.
block conv(
  x: float[N..., H, W, C],
  out: dim,
  size: int = 3,
  stride: int = 1,
  pad: int = 0,
  bias: bool = true,
) -> float[N..., (H + 2 * pad - size) // stride + 1, (W + 2 * pad - size) // stride + 1, out] {
  param weight: float[size, size, C, out] = uniform(
    -1 / sqrt(size * size * C), 1 / sqrt(size * size * C)
  )
  let y = conv2d(x, weight, stride: stride, pad: pad)
  if bias {
    param bias: float[out] = zeros()
    return y + bias
  }
  return y
}

/// A convolutional stem (arXiv:2106.14881): three convolutions of stride 2, each twice as wide as
/// the one before and followed by a norm over its channels and GELU, then one token for each place
/// of the map: an eighth of the height and width.
block stem(x: float[N..., H, W, C], width: int) {
  return conv(x, out: width / 4, stride: 2, pad: 1) as conv1 |> layer_norm() as norm1 |> gelu()
      |> conv(out: width / 2, stride: 2, pad: 1) as conv2 |> layer_norm() as norm2 |> gelu()
      |> conv(out: width, stride: 2, pad: 1) as conv3 |> tokens()
}

/// The map of a convolutional net as a sequence of its places, in reading order.
block tokens(x: float[N..., H, W, C]) -> float[N..., H * W, C] {
  return rearrange(x, "n h w c -> n (h w) c")
}

/// A learned vector before the first position, as ViT's class token (arXiv:2010.11929).
block class_token(x: float[N..., T, D]) -> float[N..., T + 1, D] {
  param token: float[D] = normal(0.02)
  return concat(expand(token, [N, 1, D]), x, axis: -2)
}

/// The mean squared error of predicted patches, each target put to mean 0 and variance 1 by itself first
/// (MAE, arXiv:2111.06377; AIM, arXiv:2401.08541). The variance is the unbiased one, as in MAE's code.
block patch_error(
  predicted: float[N..., D],
  target: float[N..., D],
  epsilon: number = 1e-6,
) -> float {
  require D > 1
  let centered = target - mean(target, axis: -1)[..., new]
  let variance = sum(square(centered), axis: -1)[..., new] / (D - 1)
  return mean(square(predicted - centered * rsqrt(variance + epsilon)))
}

/// A residual block of two 3 × 3 convolutions (arXiv:1512.03385), each followed by batch
/// normalization. Where the width or the stride changes, what is added goes through a 1 × 1
/// convolution.
block basic_block(x: float[N..., H, W, C], out: dim, stride: int = 1) {
  let y = conv(x, out: out, stride: stride, pad: 1, bias: false) as conv1 |> batch_norm() as norm1
      |> relu() |> conv(out: out, pad: 1, bias: false) as conv2 |> batch_norm() as norm2
  if stride == 1 and out == C {
    return relu(x + y)
  }
  let added = conv(x, out: out, size: 1, stride: stride, bias: false) as shortcut
      |> batch_norm() as shortcut_norm
  return relu(added + y)
}
