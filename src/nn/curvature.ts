/** Second derivatives of the cross-entropy as products with a vector, exact: gradients are differentiated once more. */
import * as tf from '@tensorflow/tfjs';
import { withSecondOrderGradients } from './second-order.js';

/** The Hessian, or the generalised Gauss-Newton matrix: the Hessian of the loss with the network linearised at w. */
export type CurvatureMatrix = 'hessian' | 'ggn';

/**
 * For the cross-entropy summed over N images, the logits z(w) with Jacobian J, and p their softmax (Schraudolph 2002):
 *
 *     G = Σ Jᵀ(diag p − p pᵀ)J        H = G + Σ Σ_c (p_c − y_c) ∇²z_c
 *
 * Both from (Jᵀu)·v: its gradient with respect to u is J·v, that with respect to w at u = p − y is H's second sum times v
 * (Pearlmutter 1994).
 *
 * @param network w ↦ z [N, classes]
 * @param onehot y [N, classes]
 * @returns H·v or G·v, and the logits [N, classes]
 */
export function curvatureProduct(
  matrix: CurvatureMatrix,
  network: (w: tf.Tensor) => tf.Tensor,
  [w, v, onehot]: readonly [w: tf.Tensor1D, v: tf.Tensor1D, onehot: tf.Tensor],
): { readonly product: tf.Tensor1D; readonly logits: tf.Tensor } {
  return withSecondOrderGradients(() => {
    const logits = network(w);
    const p = tf.softmax(logits);
    const residual = tf.sub(p, onehot);
    const slope = (at: tf.Tensor, u: tf.Tensor): tf.Scalar => tf.sum(tf.mul(tf.grad(network)(at, u), v));
    const jv = tf.grad((u) => slope(w, u))(residual);
    const weighted = tf.mul(p, jv);
    const cotangent = tf.sub(weighted, tf.mul(p, tf.sum(weighted, 1, true)));
    const linearised = (at: tf.Tensor): tf.Scalar => tf.sum(tf.mul(network(at), cotangent));
    const whole = (at: tf.Tensor): tf.Scalar => tf.add(linearised(at), slope(at, residual));
    return { product: tf.grad(matrix === 'ggn' ? linearised : whole)(w) as tf.Tensor1D, logits };
  });
}
