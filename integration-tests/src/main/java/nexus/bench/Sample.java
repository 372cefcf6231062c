package nexus.bench;

/**
 * One run of a program.
 *
 * @param seconds from fork to end
 * @param peakBytes of resident memory
 * @param output what it wrote to its standard output
 */
record Sample(double seconds, double peakBytes, String output) {}
