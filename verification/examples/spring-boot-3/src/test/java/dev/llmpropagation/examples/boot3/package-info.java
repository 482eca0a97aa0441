/** The starter in a program of Boot 3.5. */
package dev.llmpropagation.examples.boot3;
