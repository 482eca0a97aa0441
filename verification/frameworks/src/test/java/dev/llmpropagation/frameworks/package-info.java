/** Our clients in agent frameworks. */
package dev.llmpropagation.frameworks;
