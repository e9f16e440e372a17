/* What lies between two matrix products: norms, rotation, the gate, and their gradients; in decoding also attention over
   the cache and the draw.

   One pass over memory each, where a chain of tensor operations needs five to fifteen; float32 inside, and rounded to
   the network's dtype where the plain forward rounds. The file includes itself once per dtype. No product with a weight
   is here: those are oneDNN's. Compiled by `model.kernels` for the machine that it runs on. */

#ifndef T

#include <math.h>
#include <omp.h>
#include <stdint.h>
#include <string.h>

#define HEADS_AT_ONCE 4
#define BLOCK 512
#define COLUMNS 64

typedef uint16_t bf16;

static inline float wide_bf16(bf16 x) {
    uint32_t bits = (uint32_t)x << 16;
    float wide;
    memcpy(&wide, &bits, 4);
    return wide;
}

static inline bf16 narrow_bf16(float x) {
    uint32_t bits;
    memcpy(&bits, &x, 4);
    uint32_t rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
    return (bf16)((bits & 0x7fffffffu) > 0x7f800000u ? 0x7fc0u : rounded); /* a NaN stays one */
}

/* Of a number that is no NaN: whoever sums up weights sees one there. */
static inline bf16 narrow_weight_bf16(float x) {
    uint32_t bits;
    memcpy(&bits, &x, 4);
    return (bf16)((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

/* e^x to 2e-7 relative, without a branch, so that loops over it become vectors. 0 below -87. */
static inline float exponential(float x) {
    float clamped = x < -87.0f ? -87.0f : x;
    clamped = clamped > 88.0f ? 88.0f : clamped;
    float n = rintf(clamped * 1.44269504f);
    float r = (clamped - n * 0.693359375f) - n * -2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    int32_t bits = ((int32_t)n + 127) << 23;
    float power;
    memcpy(&power, &bits, 4);
    return x < -87.0f ? 0.0f : p * power;
}

#define JOIN_(name, suffix) name##_##suffix
#define JOIN(name, suffix) JOIN_(name, suffix)
#define NAME(name) JOIN(name, SUFFIX)

#define T float
#define SUFFIX float32
#define WIDE(x) (x)
#define NARROW(x) (x)
#define NARROW_WEIGHT(x) (x)
#include "kernels.c"
#undef T
#undef SUFFIX
#undef WIDE
#undef NARROW
#undef NARROW_WEIGHT

#define T bf16
#define SUFFIX bfloat16
#define WIDE(x) wide_bf16(x)
#define NARROW(x) narrow_bf16(x)
#define NARROW_WEIGHT(x) narrow_weight_bf16(x)
#include "kernels.c"

#else /* T */

static inline float NAME(inverse_rms)(const T *x, int64_t size, float eps) {
    float sum = 0.0f;
#pragma omp simd reduction(+ : sum)
    for (int64_t i = 0; i < size; i++) sum += WIDE(x[i]) * WIDE(x[i]);
    return 1.0f / sqrtf(sum / (float)size + eps);
}

/* out[r] = x[r] / rms(x[r]) * gain */
void NAME(norm)(const T *x, const float *gain, T *out, int64_t rows, int64_t size, float eps, int64_t threads) {
#pragma omp parallel for num_threads((int)threads) if (threads > 1)
    for (int64_t r = 0; r < rows; r++) {
        float scale = NAME(inverse_rms)(x + r * size, size, eps);
#pragma omp simd
        for (int64_t i = 0; i < size; i++) out[r * size + i] = NARROW(WIDE(x[r * size + i]) * scale * gain[i]);
    }
}

static inline void NAME(norm_row_backward)(const T *x, const float *gain, const T *grad, T *grad_x, int64_t size,
                                           float eps) {
    float scale = NAME(inverse_rms)(x, size, eps), dot = 0.0f;
#pragma omp simd reduction(+ : dot)
    for (int64_t i = 0; i < size; i++) dot += WIDE(grad[i]) * gain[i] * WIDE(x[i]);
    float along = dot * scale * scale * scale / (float)size;
#pragma omp simd
    for (int64_t i = 0; i < size; i++) grad_x[i] = NARROW(WIDE(grad[i]) * gain[i] * scale - WIDE(x[i]) * along);
}

/* x[r] += norm(branch[r]) * after; out[r] = norm(x[r]) * before: from the end of one branch to the start of the next */
void NAME(add_norm)(T *x, const T *branch, const float *after, const float *before, T *out, int64_t rows, int64_t size,
                    float eps, int64_t threads) {
#pragma omp parallel for num_threads((int)threads) if (threads > 1)
    for (int64_t r = 0; r < rows; r++) {
        T *stream = x + r * size;
        const T *added = branch + r * size;
        float scale = NAME(inverse_rms)(added, size, eps);
#pragma omp simd
        for (int64_t i = 0; i < size; i++)
            stream[i] = NARROW(WIDE(stream[i]) + WIDE(NARROW(WIDE(added[i]) * scale * after[i])));
        scale = NAME(inverse_rms)(stream, size, eps);
#pragma omp simd
        for (int64_t i = 0; i < size; i++) out[r * size + i] = NARROW(WIDE(stream[i]) * scale * before[i]);
    }
}

/* grad_x of `norm`; the gain is frozen */
void NAME(norm_backward)(const T *x, const float *gain, const T *grad, T *grad_x, int64_t rows, int64_t size, float eps,
                         int64_t threads) {
#pragma omp parallel for num_threads((int)threads) if (threads > 1)
    for (int64_t r = 0; r < rows; r++)
        NAME(norm_row_backward)(x + r * size, gain, grad + r * size, grad_x + r * size, size, eps);
}

/* out[r] = gelu_tanh(gate[r]) * up[r]; rows of gate and up start `stride` apart */
void NAME(gate)(const T *gates, const T *ups, int64_t stride, T *out, int64_t rows, int64_t size, int64_t threads) {
#pragma omp parallel for num_threads((int)threads) if (threads > 1)
    for (int64_t r = 0; r < rows; r++) {
        const T *gate = gates + r * stride, *up = ups + r * stride;
#pragma omp simd
        for (int64_t i = 0; i < size; i++) {
            float g = WIDE(gate[i]);
            /* g / 2 * (1 + tanh(u)) = g / (1 + e^-2u) */
            float u = 0.7978845608f * (g + 0.044715f * g * g * g);
            float gelu = WIDE(NARROW(g / (1.0f + exponential(-2.0f * u))));
            out[r * size + i] = NARROW(gelu * WIDE(up[i]));
        }
    }
}

/* grad_gate and grad_up of `gate`, all contiguous */
void NAME(gate_backward)(const T *gates, const T *ups, const T *grad, T *grad_gate, T *grad_up, int64_t rows,
                         int64_t size, int64_t threads) {
#pragma omp parallel for num_threads((int)threads) if (threads > 1)
    for (int64_t r = 0; r < rows; r++) {
        int64_t start = r * size;
#pragma omp simd
        for (int64_t i = start; i < start + size; i++) {
            float g = WIDE(gates[i]), d = WIDE(grad[i]);
            float u = 0.7978845608f * (g + 0.044715f * g * g * g), slope = 0.7978845608f * (1.0f + 0.134145f * g * g);
            float share = 1.0f / (1.0f + exponential(-2.0f * u)); /* (1 + tanh(u)) / 2 */
            grad_up[i] = NARROW(d * WIDE(NARROW(g * share)));
            /* where the share is 0 or 1 in float32, so is the slope's factor 0, whatever g^3 is */
            float curve = share * (1.0f - share);
            grad_gate[i] = NARROW(d * WIDE(ups[i]) * (share + (curve == 0.0f ? 0.0f : 2.0f * g * curve * slope)));
        }
    }
}

/* One head of queries or keys: norm, round, rotate. cosine and sine are one position's, of all `size` places. */
static inline void NAME(turn)(const T *x, const float *gain, const T *cosine, const T *sine, T *out, int64_t size,
                              float eps) {
    float scale = NAME(inverse_rms)(x, size, eps);
    int64_t half = size / 2;
#pragma omp simd
    for (int64_t i = 0; i < half; i++) {
        float first = WIDE(NARROW(WIDE(x[i]) * scale * gain[i]));
        float second = WIDE(NARROW(WIDE(x[half + i]) * scale * gain[half + i]));
        float c = WIDE(cosine[i]), s = WIDE(sine[i]);
        out[i] = NARROW(WIDE(NARROW(first * c)) + WIDE(NARROW(-second * s)));
        out[half + i] = NARROW(WIDE(NARROW(second * c)) + WIDE(NARROW(first * s)));
    }
}

/* `turn` for every token and head. x, grad_x: [rows, length, heads, size]; out, grad: [rows, heads, length, size];
   cosine, sine: [rows, length, size] */
void NAME(turn_all)(const T *x, const float *gain, const T *cosine, const T *sine, T *out, int64_t rows, int64_t length,
                    int64_t heads, int64_t size, float eps, int64_t threads) {
#pragma omp parallel for num_threads((int)threads) if (threads > 1)
    for (int64_t place = 0; place < rows * length; place++) {
        int64_t r = place / length, t = place % length;
        for (int64_t h = 0; h < heads; h++)
            NAME(turn)(x + (place * heads + h) * size, gain, cosine + place * size, sine + place * size,
                       out + ((r * heads + h) * length + t) * size, size, eps);
    }
}

void NAME(turn_all_backward)(const T *x, const float *gain, const T *cosine, const T *sine, const T *grad, T *grad_x,
                             int64_t rows, int64_t length, int64_t heads, int64_t size, float eps, int64_t threads) {
    int64_t half = size / 2;
#pragma omp parallel for num_threads((int)threads) if (threads > 1)
    for (int64_t place = 0; place < rows * length; place++) {
        int64_t r = place / length, t = place % length;
        const T *c = cosine + place * size, *s = sine + place * size;
        for (int64_t h = 0; h < heads; h++) {
            const T *above = grad + ((r * heads + h) * length + t) * size;
            T *below = grad_x + (place * heads + h) * size;
#pragma omp simd
            for (int64_t i = 0; i < half; i++) { /* turned back */
                float first = WIDE(above[i]), second = WIDE(above[half + i]);
                below[i] = NARROW(first * WIDE(c[i]) + second * WIDE(s[half + i]));
                below[half + i] = NARROW(second * WIDE(c[half + i]) - first * WIDE(s[i]));
            }
            NAME(norm_row_backward)(x + (place * heads + h) * size, gain, below, below, size, eps);
        }
    }
}

/* scores[h][s] of up to HEADS_AT_ONCE heads that share their keys; -inf where a key is not seen */
static inline void NAME(score)(const float *queries, int64_t heads, const T *keys, const int64_t *key_positions,
                               int64_t num_keys, int64_t position, int64_t window, int64_t size, float scale,
                               float *scores) {
    for (int64_t s = 0; s < num_keys; s++) {
        int64_t distance = position - key_positions[s];
        int is_seen = position < 0 || (key_positions[s] >= 0 && distance >= 0 && (window <= 0 || distance < window));
        const T *key = keys + s * size;
        if (!is_seen) {
            for (int64_t h = 0; h < heads; h++) scores[h * num_keys + s] = -INFINITY;
        } else if (heads == HEADS_AT_ONCE) {
            const float *q0 = queries, *q1 = q0 + size, *q2 = q1 + size, *q3 = q2 + size;
            float a = 0.0f, b = 0.0f, c = 0.0f, d = 0.0f;
#pragma omp simd reduction(+ : a, b, c, d)
            for (int64_t i = 0; i < size; i++) {
                float k = WIDE(key[i]);
                a += q0[i] * k;
                b += q1[i] * k;
                c += q2[i] * k;
                d += q3[i] * k;
            }
            scores[s] = a * scale;
            scores[num_keys + s] = b * scale;
            scores[2 * num_keys + s] = c * scale;
            scores[3 * num_keys + s] = d * scale;
        } else {
            for (int64_t h = 0; h < heads; h++) {
                float sum = 0.0f;
#pragma omp simd reduction(+ : sum)
                for (int64_t i = 0; i < size; i++) sum += queries[h * size + i] * WIDE(key[i]);
                scores[h * num_keys + s] = sum * scale;
            }
        }
    }
}

/* The values' mean by the softmax of the scores, which become weights */
static inline void NAME(mix)(float *scores, int64_t heads, const T *values, int64_t num_keys, int64_t size, float *mixed,
                             T *out) {
    memset(mixed, 0, sizeof(float) * (size_t)(heads * size));
    for (int64_t h = 0; h < heads; h++) {
        float *row = scores + h * num_keys, largest = -INFINITY, sum = 0.0f;
#pragma omp simd reduction(max : largest)
        for (int64_t s = 0; s < num_keys; s++) largest = row[s] > largest ? row[s] : largest;
#pragma omp simd reduction(+ : sum)
        for (int64_t s = 0; s < num_keys; s++) sum += row[s] = exponential(row[s] - largest);
        float inverse = 1.0f / sum;
#pragma omp simd
        for (int64_t s = 0; s < num_keys; s++) row[s] *= inverse;
    }
    int64_t s = 0;
    for (; s + 4 <= num_keys; s += 4) { /* four at a time: what is summed up is loaded and stored a quarter as often */
        const T *v0 = values + s * size, *v1 = v0 + size, *v2 = v1 + size, *v3 = v2 + size;
        for (int64_t h = 0; h < heads; h++) {
            const float *weight = scores + h * num_keys + s;
            float a = weight[0], b = weight[1], c = weight[2], d = weight[3], *sum = mixed + h * size;
            if (a == 0.0f && b == 0.0f && c == 0.0f && d == 0.0f) continue;
#pragma omp simd
            for (int64_t i = 0; i < size; i++)
                sum[i] += a * WIDE(v0[i]) + b * WIDE(v1[i]) + c * WIDE(v2[i]) + d * WIDE(v3[i]);
        }
    }
    for (; s < num_keys; s++) {
        for (int64_t h = 0; h < heads; h++) {
            float weight = scores[h * num_keys + s], *sum = mixed + h * size;
            const T *value = values + s * size;
#pragma omp simd
            for (int64_t i = 0; i < size; i++) sum[i] += weight * WIDE(value[i]);
        }
    }
#pragma omp simd
    for (int64_t i = 0; i < heads * size; i++) out[i] = NARROW(mixed[i]);
}

/* Attention of one token per row: norms and rotates queries and keys, writes keys and values into the cache, attends.

   qkv            [rows, (heads + 2 kv_heads) size]
   keys, values   [rows, kv_heads, room, size], of which the first num_keys slots are in use
   key_positions  rows of position_stride, -1 in empty slots; the new token's own is there already
   positions, slots [rows]
   cosine, sine   [positions, size]
   window         0 for none
   scratch        per row 2 * HEADS_AT_ONCE * size + HEADS_AT_ONCE * num_keys floats
   out            [rows, heads size] */
void NAME(attend)(const T *qkv, const float *query_gain, const float *key_gain, const T *cosine, const T *sine, T *keys,
                  T *values, const int64_t *key_positions, int64_t position_stride, const int64_t *positions,
                  const int64_t *slots, T *out, float *scratch, int64_t rows, int64_t heads, int64_t kv_heads,
                  int64_t size, int64_t room, int64_t num_keys, int64_t window, float scale, float eps, int64_t threads) {
    int64_t width = (heads + 2 * kv_heads) * size, group = heads / kv_heads;
    int64_t scratch_size = 2 * HEADS_AT_ONCE * size + HEADS_AT_ONCE * num_keys;
#pragma omp parallel for num_threads((int)threads) if (threads > 1)
    for (int64_t r = 0; r < rows; r++) {
        const T *row = qkv + r * width;
        int64_t place = positions[r] < 0 ? 0 : positions[r];
        const T *c = cosine + place * size, *s = sine + place * size;
        float *queries = scratch + r * scratch_size, *mixed = queries + HEADS_AT_ONCE * size;
        float *scores = mixed + HEADS_AT_ONCE * size;
        for (int64_t g = 0; g < kv_heads; g++) {
            T *own_keys = keys + (r * kv_heads + g) * room * size, *own_values = values + (r * kv_heads + g) * room * size;
            NAME(turn)(row + (heads + g) * size, key_gain, c, s, own_keys + slots[r] * size, size, eps);
            memcpy(own_values + slots[r] * size, row + (heads + kv_heads + g) * size, sizeof(T) * (size_t)size);
            for (int64_t first = 0; first < group; first += HEADS_AT_ONCE) {
                int64_t at_once = group - first < HEADS_AT_ONCE ? group - first : HEADS_AT_ONCE;
                T *target = out + (r * heads + g * group + first) * size;
                for (int64_t h = 0; h < at_once; h++) {
                    /* turned where its output will be, and widened */
                    NAME(turn)(row + (g * group + first + h) * size, query_gain, c, s, target + h * size, size, eps);
#pragma omp simd
                    for (int64_t i = 0; i < size; i++) queries[h * size + i] = WIDE(target[h * size + i]);
                }
                NAME(score)(queries, at_once, own_keys, key_positions + r * position_stride, num_keys, positions[r],
                            window, size, scale, scores);
                NAME(mix)(scores, at_once, own_values, num_keys, size, mixed, target);
            }
        }
    }
}

/* out += (x down^T, rounded) up: the adapters of projections that read the same input and lie side by side in `out`.

   x      [rows, in]
   down   [parts * rank, in], times the scaling
   up     [rank, out_size]; the columns before ends[p], from the part before it on, belong to part p
   ends   [parts]
   low    scratch of parts * rank * rows floats, and of rows * in more per thread */
void NAME(adapt)(const T *x, const T *down, const T *up, const int64_t *ends, int64_t parts, T *out, float *low,
                 int64_t rows, int64_t in, int64_t rank, int64_t out_size, int64_t threads) {
    int64_t ranks = parts * rank, blocks = 0;
    for (int64_t p = 0; p < parts; p++) blocks += (ends[p] - (p ? ends[p - 1] : 0) + COLUMNS - 1) / COLUMNS;
#pragma omp parallel num_threads((int)threads) if (threads > 1)
    {
        /* widened by every thread for itself: that costs less than to wait for another's */
        float *wide = low + ranks * rows + omp_get_thread_num() * rows * in;
#pragma omp simd
        for (int64_t i = 0; i < rows * in; i++) wide[i] = WIDE(x[i]);
#pragma omp for
        for (int64_t j = 0; j < ranks; j++) {
            const T *weight = down + j * in;
            float *place = low + j * rows;
            int64_t r = 0;
            for (; r + 4 <= rows; r += 4) { /* four rows at a time: a weight is widened a quarter as often */
                const float *x0 = wide + r * in, *x1 = x0 + in, *x2 = x1 + in, *x3 = x2 + in;
                float a = 0.0f, b = 0.0f, c = 0.0f, d = 0.0f;
#pragma omp simd reduction(+ : a, b, c, d)
                for (int64_t i = 0; i < in; i++) {
                    float w = WIDE(weight[i]);
                    a += x0[i] * w;
                    b += x1[i] * w;
                    c += x2[i] * w;
                    d += x3[i] * w;
                }
                place[r] = WIDE(NARROW(a));
                place[r + 1] = WIDE(NARROW(b));
                place[r + 2] = WIDE(NARROW(c));
                place[r + 3] = WIDE(NARROW(d));
            }
            for (; r < rows; r++) {
                float sum = 0.0f;
#pragma omp simd reduction(+ : sum)
                for (int64_t i = 0; i < in; i++) sum += wide[r * in + i] * WIDE(weight[i]);
                place[r] = WIDE(NARROW(sum));
            }
        }
#pragma omp for
        for (int64_t block = 0; block < blocks; block++) {
            int64_t p = 0, start = 0, left = block;
            for (; p < parts; p++) { /* the part and the first column of this block */
                int64_t own = (ends[p] - start + COLUMNS - 1) / COLUMNS;
                if (left < own) break;
                left -= own;
                start = ends[p];
            }
            start += left * COLUMNS;
            int64_t width = ends[p] - start < COLUMNS ? ends[p] - start : COLUMNS;
            float weights[rank][COLUMNS]; /* whole blocks, so that the loops over them have no ends to look after */
            if (width < COLUMNS) memset(weights, 0, sizeof(weights));
            for (int64_t k = 0; k < rank; k++) {
#pragma omp simd
                for (int64_t i = 0; i < width; i++) weights[k][i] = WIDE(up[k * out_size + start + i]);
            }
            for (int64_t r = 0; r < rows; r++) {
                const float *factor = low + p * rank * rows + r;
                T *place = out + r * out_size + start;
                float sums[COLUMNS] = {0.0f};
                for (int64_t k = 0; k < rank; k++) {
                    float a = factor[k * rows];
#pragma omp simd
                    for (int64_t i = 0; i < COLUMNS; i++) sums[i] += a * weights[k][i];
                }
#pragma omp simd
                for (int64_t i = 0; i < width; i++) place[i] = NARROW(WIDE(place[i]) + sums[i]);
            }
        }
    }
}

/* Of each row of logits: the largest, and per block of BLOCK tokens the sum of e^((logit - largest) * sharpness) of the
   tokens that are not forbidden. */
void NAME(weigh)(const T *logits, float sharpness, const int64_t *forbidden, int64_t num_forbidden, float *largest,
                 double *block_sums, int64_t rows, int64_t size, int64_t threads) {
    int64_t blocks = (size + BLOCK - 1) / BLOCK;
#pragma omp parallel for num_threads((int)threads) if (threads > 1)
    for (int64_t r = 0; r < rows; r++) {
        const T *row = logits + r * size;
        float top = -INFINITY;
#pragma omp simd reduction(max : top)
        for (int64_t i = 0; i < size; i++) top = WIDE(row[i]) > top ? WIDE(row[i]) : top;
        largest[r] = top;
        for (int64_t b = 0; b < blocks; b++) {
            int64_t start = b * BLOCK, end = start + BLOCK < size ? start + BLOCK : size;
            float sum = 0.0f, weights[BLOCK];
#pragma omp simd
            for (int64_t i = start; i < end; i++) weights[i - start] = exponential((WIDE(row[i]) - top) * sharpness);
            for (int64_t f = 0; f < num_forbidden; f++)
                if (forbidden[f] >= start && forbidden[f] < end) weights[forbidden[f] - start] = 0.0f;
#pragma omp simd reduction(+ : sum)
            for (int64_t i = 0; i < end - start; i++) sum += weights[i];
            block_sums[r * blocks + b] = sum;
        }
    }
}

/* Per draw the first token at which the running sum of a row's weights passes aim[n], looked for in block[n], whose
   earlier blocks sum up to before[n]; forbidden tokens weigh nothing. And the token's weight. */
void NAME(pick)(const T *logits, float sharpness, const float *largest, const int64_t *index, const int64_t *block,
                const double *before, const double *aim, const int64_t *forbidden, int64_t num_forbidden, int64_t *token,
                double *weight, int64_t draws, int64_t size) {
    for (int64_t n = 0; n < draws; n++) {
        int64_t start = block[n] * BLOCK, end = start + BLOCK < size ? start + BLOCK : size, last = -1;
        const T *row = logits + index[n] * size;
        double sum = before[n];
        float weights[BLOCK];
#pragma omp simd
        for (int64_t i = start; i < end; i++)
            weights[i - start] = exponential((WIDE(row[i]) - largest[index[n]]) * sharpness);
        for (int64_t f = 0; f < num_forbidden; f++)
            if (forbidden[f] >= start && forbidden[f] < end) weights[forbidden[f] - start] = 0.0f;
        for (int64_t i = 0; i < end - start; i++) {
            if (weights[i] <= 0.0f) continue;
            last = i; /* rounding may put the aim a hair past the block's end: then the last token with any weight */
            sum += weights[i];
            if (sum > aim[n]) break;
        }
        token[n] = start + (last < 0 ? 0 : last);
        weight[n] = last < 0 ? 0.0 : weights[last];
    }
}

/* A tile of logits enters a softmax that runs over tiles, per row: with l = logit * sharpness and the largest l so far,

   logits    in: logits; out: weights e^(l - largest)
   weighed   (l - largest) times its weight, where `entropy` is not 0
   largest   in: before this tile, -inf at first; out: with it
   shift     how much was taken from the largest, 0 at first; rescale: e^that, 0 at first
   total     sums of weights, and mean_logits of weighed logits: in and out, each measured from the largest */
void NAME(soften)(T *logits, T *weighed, float sharpness, float *largest, float *shift, float *rescale, float *total,
                  float *weighed_total, int64_t entropy, int64_t rows, int64_t size, int64_t threads) {
#pragma omp parallel for num_threads((int)threads) if (threads > 1)
    for (int64_t r = 0; r < rows; r++) {
        T *row = logits + r * size, *other = entropy ? weighed + r * size : row;
        float top = -INFINITY;
#pragma omp simd reduction(max : top)
        for (int64_t i = 0; i < size; i++) top = WIDE(row[i]) > top ? WIDE(row[i]) : top;
        top *= sharpness;
        top = top > largest[r] ? top : largest[r];
        int is_first = largest[r] == -INFINITY;
        shift[r] = is_first ? 0.0f : largest[r] - top;
        rescale[r] = is_first ? 0.0f : expf(shift[r]);
        largest[r] = top;
        double sum = 0.0, weighed_sum = 0.0;
        for (int64_t start = 0; start < size; start += BLOCK) {
            int64_t end = start + BLOCK < size ? start + BLOCK : size;
            float part = 0.0f, weighed_part = 0.0f;
            if (entropy) {
#pragma omp simd reduction(+ : part, weighed_part)
                for (int64_t i = start; i < end; i++) {
                    float below = WIDE(row[i]) * sharpness - top, weight = exponential(below);
                    part += weight;
                    weighed_part += below * weight;
                    row[i] = NARROW_WEIGHT(weight);
                    other[i] = NARROW_WEIGHT(below * weight);
                }
            } else {
#pragma omp simd reduction(+ : part)
                for (int64_t i = start; i < end; i++) {
                    float weight = exponential(WIDE(row[i]) * sharpness - top);
                    part += weight;
                    row[i] = NARROW_WEIGHT(weight);
                }
            }
            sum += part;
            weighed_sum += weighed_part;
        }
        if (entropy) weighed_total[r] = rescale[r] * (weighed_total[r] + shift[r] * total[r]) + (float)weighed_sum;
        total[r] = total[r] * rescale[r] + (float)sum;
    }
}

#endif
