"""The Serving page: question, sizing, paths of cost, energy, a trace replayed."""
