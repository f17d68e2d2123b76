/** Reports: one self-contained HTML file with tables and vector plots. */
package io.github.steelyard.cli.report;
