/** This library beside other instrumentations of OkHttp. */
package dev.llmpropagation.comparison;
