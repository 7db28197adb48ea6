// The arithmetic of two networks that write names, a letter at a time: papers/lstm/model.py and
// papers/selfattention/model.py again, for one name instead of a batch, with the weights of weights.js.
//
// A vector is a Float32Array; a tensor has its shape and its values, row after row. Token 0 begins and ends a name,
// token n is the n-th character.
"use strict";

// A number of 16 bits: a sign, 5 bits of exponent, 10 bits of fraction.
function half(bits) {
  const sign = bits >> 15 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = (bits & 1023) / 1024;
  return exponent ? sign * (1 + fraction) * 2 ** (exponent - 15) : sign * fraction * 2 ** -14;
}

// A tensor from its shape and its numbers of 16 bits, in base64.
function tensor({ shape, float16 }) {
  const bytes = Uint8Array.from(atob(float16), (character) => character.charCodeAt(0));
  const numbers = new DataView(bytes.buffer);
  const values = new Float32Array(bytes.length / 2);
  for (let n = 0; n < values.length; n++) values[n] = half(numbers.getUint16(2 * n, true));
  return { shape, values };
}

function tensors(stored) {
  return Object.fromEntries(Object.entries(stored).map(([name, one]) => [name, tensor(one)]));
}

function row(table, n) {
  const width = table.shape[1];
  return table.values.subarray(n * width, (n + 1) * width);
}

// y_o = sum over i of W_oi x_i + b_o
function linear(weight, bias, x) {
  const y = new Float32Array(weight.shape[0]);
  for (let o = 0; o < y.length; o++) {
    const w = row(weight, o);
    let sum = 0;
    for (let i = 0; i < x.length; i++) sum += w[i] * x[i];
    y[o] = sum + bias.values[o];
  }
  return y;
}

const add = (x, y) => x.map((value, n) => value + y[n]);
const dot = (x, y) => x.reduce((sum, value, n) => sum + value * y[n], 0);
const mean = (x) => x.reduce((sum, value) => sum + value, 0) / x.length;
const sigmoid = (a) => 1 / (1 + Math.exp(-a));
const relu = (a) => Math.max(a, 0);

// Probabilities that add up to 1; a temperature below 1 makes the likeliest likelier.
function softmax(logits, temperature = 1) {
  const most = Math.max(...logits);
  const parts = Array.from(logits, (logit) => Math.exp((logit - most) / temperature));
  const sum = parts.reduce((total, part) => total + part, 0);
  return parts.map((part) => part / sum);
}

// Every vector at mean 0 and variance 1, then a gain and a bias for each of its numbers.
function layerNorm(weight, bias, x) {
  const middle = mean(x);
  const root = Math.sqrt(mean(x.map((value) => (value - middle) ** 2)) + 1e-5);
  return x.map((value, n) => (weight.values[n] * (value - middle)) / root + bias.values[n]);
}

// Long short-term memory: one layer of cells, each with an input, a forget and an output gate.
class LSTM {
  constructor(stored) {
    this.weights = tensors(stored.tensors);
    this.begin();
  }

  begin() {
    this.h = new Float32Array(this.weights["lstm.weight_hh_l0"].shape[1]);
    this.c = new Float32Array(this.h.length);
  }

  // One token more: the gates, the cell and the output after it, and the logits of the token that follows.
  read(token) {
    const w = this.weights;
    const x = row(w["embedding.weight"], token);
    const a = add(
      linear(w["lstm.weight_ih_l0"], w["lstm.bias_ih_l0"], x),
      linear(w["lstm.weight_hh_l0"], w["lstm.bias_hh_l0"], this.h),
    );
    const part = (n) => a.subarray(n * this.h.length, (n + 1) * this.h.length);
    const i = part(0).map(sigmoid);
    const f = part(1).map(sigmoid);
    const g = part(2).map(Math.tanh);
    const o = part(3).map(sigmoid);
    const c = this.c.map((old, n) => f[n] * old + i[n] * g[n]);
    const h = c.map((value, n) => o[n] * Math.tanh(value));
    [this.h, this.c] = [h, c];
    return { i, f, g, o, c, h, logits: linear(w["output.weight"], w["output.bias"], h) };
  }
}

// Self-attention: in every block each token looks at all tokens so far, in several heads at once.
class SelfAttention {
  constructor(stored) {
    this.weights = tensors(stored.tensors);
    this.heads = stored.config.heads;
    this.blocks = Array.from({ length: stored.config.layers }, (_, b) => `blocks.${b}.`);
    this.begin();
  }

  begin() {
    this.seen = 0;
    this.keys = this.blocks.map(() => []);
    this.values = this.blocks.map(() => []);
  }

  // One token more: where every head of every block looks, and the logits of the token that follows.
  read(token) {
    const w = this.weights;
    const map = (name, x) => linear(w[`${name}.weight`], w[`${name}.bias`], x);
    const norm = (name, x) => layerNorm(w[`${name}.weight`], w[`${name}.bias`], x);
    let x = add(row(w["embedding.weight"], token), row(w["positions.weight"], this.seen++));
    const looks = [];
    this.blocks.forEach((block, b) => {
      const { y, weights } = this.attend(block, b, norm(`${block}norm1`, x));
      x = add(x, map(`${block}attention.out_proj`, y));
      x = add(x, map(`${block}contract`, map(`${block}expand`, norm(`${block}norm2`, x)).map(relu)));
      looks.push(weights);
    });
    return { looks, logits: map("output", norm("norm", x)) };
  }

  // Query, key and value of the new token; in every head a = softmax(q k / sqrt(d)), and y is the sum of a times v.
  attend(block, b, x) {
    const w = this.weights;
    const qkv = linear(w[`${block}attention.in_proj_weight`], w[`${block}attention.in_proj_bias`], x);
    const [q, k, v] = [0, 1, 2].map((n) => qkv.subarray(n * x.length, (n + 1) * x.length));
    this.keys[b].push(k);
    this.values[b].push(v);
    const d = x.length / this.heads;
    const y = new Float32Array(x.length);
    const weights = [];
    for (let head = 0; head < this.heads; head++) {
      const own = (vector) => vector.subarray(head * d, (head + 1) * d);
      const a = softmax(this.keys[b].map((key) => dot(own(q), own(key)) / Math.sqrt(d)));
      for (let n = 0; n < d; n++) own(y)[n] = a.reduce((sum, share, j) => sum + share * own(this.values[b][j])[n], 0);
      weights.push(a);
    }
    return { y, weights };
  }
}

// A token drawn from probabilities, by a number from 0 to 1.
function drawn(probabilities, chance) {
  for (let token = 0; token < probabilities.length; token++) {
    chance -= probabilities[token];
    if (chance < 0) return token;
  }
  return probabilities.indexOf(Math.max(...probabilities));
}

// The largest difference between PyTorch's logits, which are stored, and those that are computed here.
function difference(network, stored, encode) {
  network.begin();
  const logits = [0, ...encode(stored.prefix)].map((token) => network.read(token).logits).pop();
  return Math.max(...stored.logits.map((logit, n) => Math.abs(logit - logits[n])));
}
