/**
 * The native engine and what is dangerous about it: loading, threads, memory scopes, devices,
 * seeds, and the provenance of a run.
 */
package io.github.steelyard.runtime;
