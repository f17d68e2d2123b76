/**
 * The campaign: kills, damaged files, full disks, jumping clocks, signals and long use, thrown at
 * the command and the library. Every case has a number, by which it can be repeated, and judges
 * itself.
 */
package io.github.steelyard.bench.campaign;
