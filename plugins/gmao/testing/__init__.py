"""Tests of equipment and the instruments they are made with: electrical safety, performance, acceptance."""
