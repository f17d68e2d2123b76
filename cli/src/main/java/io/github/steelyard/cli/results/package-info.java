/** What runs leave: results.json and metrics.jsonl. */
package io.github.steelyard.cli.results;
