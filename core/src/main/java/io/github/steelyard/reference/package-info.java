/**
 * Reference cases: files of published numbers, and the replay that compares this engine to them.
 */
package io.github.steelyard.reference;
