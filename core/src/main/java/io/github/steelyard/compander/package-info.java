/**
 * Weight Compander (Cakaj, Mehnert and Yang, 2023): each weight is a bounded, odd function of the
 * value that is trained in its place.
 */
package io.github.steelyard.compander;
